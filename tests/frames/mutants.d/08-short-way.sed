# bpf/frame.h: the short way of the attached programs skips IPv4 options
s/ipv4->ip\.ihl == 5/ipv4->ip.ihl >= 5/
