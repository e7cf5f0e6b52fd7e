# bpf/frame.h: an IPv4 header is 20 bytes long, whatever IHL says
s/frame->ip + header\.ihl \* 4/frame->ip + sizeof(header)/
