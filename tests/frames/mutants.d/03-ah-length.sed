# bpf/frame.h: AH counts its length as the IPv6 extension headers do
s/(extension->length + 2) \* 4/(extension->length + 1) * 8/
