# bpf/reset.h: a SYN that also carries RST is answered
s/(syn->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN/!(syn->flags \& TCP_SYN)/
