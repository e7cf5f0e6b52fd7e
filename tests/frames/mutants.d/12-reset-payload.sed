# bpf/reset.h: the payload of a SYN is not acknowledged
s/bpf_ntohl(syn->sequence) + length - header + 1/bpf_ntohl(syn->sequence) + 1/
