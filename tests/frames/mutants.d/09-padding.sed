# bpf/frame.h: a port is read behind what the IP length covers
s/if (frame->offset + sizeof(ports) > frame->end/if (frame->offset + sizeof(ports) > frame->length/
