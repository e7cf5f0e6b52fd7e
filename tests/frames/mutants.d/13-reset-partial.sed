# bpf/reset.h: generic XDP makes a checksum whole that the device will write
s/reset->partial ? reset->sum : reset->check/reset->check/
