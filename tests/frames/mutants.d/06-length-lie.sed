# bpf/frame.h: an IP length may claim 4 bytes that are not there
s/if (frame->end > frame->length)/if (frame->end > frame->length + 4)/
