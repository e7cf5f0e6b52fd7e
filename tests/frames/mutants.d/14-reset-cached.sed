# bpf/smtpfence.bpf.c: a SYN that goes by an earlier judgement is not answered
s/verdict = pass_by(slot, &packet);/return pass_by(slot, \&packet);/
