# bpf/frame.h: a frame with 8 VLAN tags is not seen
s/++frame->tags > SMTPFENCE_VLAN_MAX/++frame->tags >= SMTPFENCE_VLAN_MAX/
