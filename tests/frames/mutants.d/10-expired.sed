# bpf/verdict.h: an expired entry hides the live one around it
s/^\treturn live;/\treturn true;/
