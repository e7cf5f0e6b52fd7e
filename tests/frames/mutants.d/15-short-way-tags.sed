# bpf/frame.h: the short way counts a VLAN tag as part of the IP packet
/^		length -= sizeof(struct tag);$/d
