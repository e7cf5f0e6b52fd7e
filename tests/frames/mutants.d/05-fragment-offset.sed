# bpf/frame.h: a later fragment of a small offset is taken for the first
s/\(define IPV6_OFFSET *\)0xfff8/\10xff00/
