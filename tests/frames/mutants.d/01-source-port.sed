# bpf/frame.h: the source port is taken for the destination port
s/if (ports\[1\] != bpf_htons(SMTPFENCE_PORT))/if (ports[0] != bpf_htons(SMTPFENCE_PORT))/
