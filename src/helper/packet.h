/*
 * Contexts of packet programs.  Each begins with the struct that programs know (Linux's UAPI), so
 * that a context access is the access itself, but for the fields which hold 32 bits of a pointer:
 * those loads are rewritten (rows of progtype) to the pointers that follow.
 *
 *	ctx -> +---------------------+
 *	       | struct __sk_buff    |  as the program reads and writes it
 *	       +---------------------+
 *	       | data .. data_end    |  host pointers
 *	       | head, tailroom, ... |  ours
 *	       +---------------------+
 */
#ifndef SKEP_HELPER_PACKET_H
#define SKEP_HELPER_PACKET_H

#include "base/abi.h"
#include "base/types.h"

/* The linear memory of a packet:  head <= meta <= data <= data_end <= end */
struct packet {
	u8 *data;
	u8 *data_end;
	u8 *data_meta;
	u8 *head; /* lowest address that adjust_head may reach */
	u8 *end;  /* one past the highest that adjust_tail may reach */
};

struct skb {
	struct __sk_buff u;
	struct packet pkt;
	struct pkt_frags *frags; /* data past the linear part, or NULL */
	u32 flags;
};

struct xdp {
	struct xdp_md u;
	struct packet pkt;
	struct pkt_frags *frags;
	u32 flags;
};

#endif
