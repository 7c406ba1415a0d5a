/* What bpf_redirect and its family leave in run->redirect for whoever carries out the verdict. */
#ifndef SKEP_HELPER_REDIRECT_H
#define SKEP_HELPER_REDIRECT_H

enum { REDIRECT_IFINDEX, REDIRECT_FLAGS, REDIRECT_MAP, REDIRECT_KEY };

#endif
