# bpf/frame.h: the chain is followed for one extension header less
s/i < SMTPFENCE_EXTENSIONS_MAX /i < SMTPFENCE_EXTENSIONS_MAX - 1 /
