/* Links, ours beside Linux's: made, told, updated, detached, in a network namespace of our own. */
#include <fcntl.h>
#include <sched.h>

#include "tests/lib/ask.h"

enum { LO = 1, PF_IPV4 = 2 };

static u32 prog_of_type(u32 type, u32 attach, s32 returns)
{
	return (u32)ASK_LOAD(((union bpf_attr){.prog_type = type, .expected_attach_type = attach}),
			     MOV_K(0, returns), EXIT);
}

static u32 classifier(void)
{
	return prog_of_type(BPF_PROG_TYPE_SCHED_CLS, 0, -1);
}

static struct bpf_link_info info_of(long link)
{
	struct bpf_link_info info = {0};

	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)link,
						      .info_len = sizeof(info),
						      .info = ptr_to_u64(&info)}),
		 0);
	return info;
}

static u32 id_of_prog(u32 fd)
{
	struct bpf_prog_info info = {0};

	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD,
		     .info = {.bpf_fd = fd, .info_len = sizeof(info), .info = ptr_to_u64(&info)}),
		 0);
	return info.id;
}

static long create(u32 prog, u32 ifindex, u32 attach)
{
	return ASK(
		BPF_LINK_CREATE,
		.link_create = {.prog_fd = prog, .target_ifindex = ifindex, .attach_type = attach});
}

static long update(long link, u32 to, u32 flags, u32 old)
{
	return ASK(BPF_LINK_UPDATE, .link_update = {.link_fd = (u32)link,
						    .new_prog_fd = to,
						    .flags = flags,
						    .old_prog_fd = old});
}

static long detach(long link)
{
	return ASK(BPF_LINK_DETACH, .link_detach = {.link_fd = (u32)link});
}

static void making_is_checked(void)
{
	u32 tc = classifier(), xdp = prog_of_type(BPF_PROG_TYPE_XDP, BPF_XDP, 2);

	CHECK_EQ(create(tc, 9999, BPF_TCX_INGRESS), -ENODEV);
	CHECK_EQ(create(xdp, 9999, BPF_XDP), -EINVAL);
	CHECK_EQ(create(xdp, LO, BPF_TCX_INGRESS), -EINVAL);
	CHECK_EQ(create(tc, LO, BPF_XDP), -EINVAL);
	CHECK_EQ(create((u32)-1, LO, BPF_XDP), -EBADF);
	CHECK_EQ(create(tc, LO, 1000), -EINVAL);
	CHECK_EQ(create(tc, LO, BPF_CGROUP_INET_INGRESS), -EINVAL);
	CHECK_EQ(ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = tc,
						      .target_ifindex = LO,
						      .attach_type = BPF_TCX_INGRESS,
						      .flags = 0x8000}),
		 -EINVAL);
	CHECK_EQ(ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = tc,
						      .target_ifindex = LO,
						      .attach_type = BPF_TCX_INGRESS,
						      .tcx = {.expected_revision = 77}}),
		 -ESTALE);
	CHECK_EQ(update((long)tc, tc, 0, 0), -EINVAL); /* no link */
	CHECK_EQ(detach(-1), -EBADF);
	CHECK_EQ(ASK(BPF_ITER_CREATE, .iter_create = {.link_fd = tc}), -EINVAL);
	drop(tc);
	drop(xdp);
}

struct query {
	u32 progs[4], links[4];
	u32 count;
	u64 revision;
};

static void query(u32 attach, struct query *q)
{
	union bpf_attr attr = {.query = {.target_ifindex = LO,
					 .attach_type = attach,
					 .prog_ids = ptr_to_u64(q->progs),
					 .link_ids = ptr_to_u64(q->links),
					 .count = 4}};

	memset(q, 0, sizeof(*q));
	attr.query.prog_ids = ptr_to_u64(q->progs);
	CHECK_EQ(ask(BPF_PROG_QUERY, &attr), 0);
	q->count = attr.query.count;
	q->revision = attr.query.revision;
}

static void classifiers_stand_in_order(void)
{
	u32 first = classifier(), second = classifier();
	long one = create(first, LO, BPF_TCX_INGRESS), two = create(second, LO, BPF_TCX_INGRESS);
	struct query q;

	CHECK(one >= 0 && two >= 0);
	query(BPF_TCX_INGRESS, &q);
	CHECK_EQ(q.count, 2);
	CHECK_EQ(q.progs[0], id_of_prog(first));
	CHECK_EQ(q.progs[1], id_of_prog(second));
	CHECK_EQ(q.links[0], info_of(one).id);
	CHECK_EQ(q.links[1], info_of(two).id);
	CHECK_EQ(q.revision, 3);
	CHECK_EQ(info_of(one).type, BPF_LINK_TYPE_TCX);
	CHECK_EQ(info_of(one).tcx.ifindex, LO);
	CHECK_EQ(info_of(one).tcx.attach_type, BPF_TCX_INGRESS);
	drop(one);
	for (u32 i = 0; i < 100 && (query(BPF_TCX_INGRESS, &q), q.count != 1); i++)
		usleep(1000); /* Linux may leave it to a worker */
	CHECK_EQ(q.count, 1);
	CHECK_EQ(q.progs[0], id_of_prog(second));
	drop(two);
	drop(first);
	drop(second);
}

static void links_are_updated(void)
{
	u32 first = classifier(), second = classifier(),
	    xdp = prog_of_type(BPF_PROG_TYPE_XDP, 0, 2);
	long link = create(first, LO, BPF_TCX_EGRESS);
	struct query q;

	CHECK_EQ(info_of(link).prog_id, id_of_prog(first));
	CHECK_EQ(update(link, second, 0, 0), 0);
	CHECK_EQ(info_of(link).prog_id, id_of_prog(second));
	query(BPF_TCX_EGRESS, &q);
	CHECK_EQ(q.progs[0], id_of_prog(second));
	CHECK_EQ(update(link, first, BPF_F_REPLACE, first), -EPERM);
	CHECK_EQ(update(link, first, BPF_F_REPLACE, second), 0);
	CHECK_EQ(update(link, xdp, 0, 0), -EINVAL);
	CHECK_EQ(update(link, (u32)-1, 0, 0), -EBADF);
	CHECK_EQ(update(link, second, 0, first), -EINVAL); /* an old one needs the flag */
	CHECK_EQ(update(link, second, 64, 0), -EINVAL);
	CHECK_EQ(update(link, second, BPF_F_REPLACE, (u32)-1), -EBADF);
	CHECK_EQ(info_of(link).prog_id, id_of_prog(first));
	CHECK_EQ(detach(link), 0);
	CHECK_EQ(info_of(link).tcx.ifindex, 0);
	query(BPF_TCX_EGRESS, &q);
	CHECK_EQ(q.count, 0);
	CHECK_EQ(update(link, second, 0, 0), -ENOLINK);
	CHECK_EQ(detach(link), 0);
	drop(link);
	drop(first);
	drop(second);
	drop(xdp);
}

static void one_xdp_program_an_interface(void)
{
	u32 xdp = prog_of_type(BPF_PROG_TYPE_XDP, BPF_XDP, 2);
	long link = create(xdp, LO, BPF_XDP), again;

	CHECK(link >= 0);
	CHECK_EQ(info_of(link).type, BPF_LINK_TYPE_XDP);
	CHECK_EQ(info_of(link).xdp.ifindex, LO);
	CHECK_EQ(create(xdp, LO, BPF_XDP), -EBUSY);
	CHECK_EQ(detach(link), 0);
	CHECK_EQ(info_of(link).xdp.ifindex, 0);
	again = create(xdp, LO, BPF_XDP);
	CHECK(again >= 0);
	drop(again);
	drop(link);
	drop(xdp);
}

static void network_namespaces_have_a_dissector(void)
{
	u32 prog = prog_of_type(BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, 0);
	int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	long link = ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = prog,
							 .target_fd = (u32)netns,
							 .attach_type = BPF_FLOW_DISSECTOR});

	CHECK(link >= 0);
	CHECK_EQ(info_of(link).type, BPF_LINK_TYPE_NETNS);
	CHECK(info_of(link).netns.netns_ino != 0);
	CHECK_EQ(ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = prog,
						      .target_fd = (u32)netns,
						      .attach_type = BPF_FLOW_DISSECTOR}),
		 -E2BIG);
	CHECK_EQ(ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = prog,
						      .target_fd = prog,
						      .attach_type = BPF_FLOW_DISSECTOR}),
		 -EINVAL);
	CHECK_EQ(detach(link), 0);
	CHECK_EQ(info_of(link).netns.netns_ino, 0);
	drop(link);
	close(netns);
	drop(prog);
}

static long open_tracepoint(const char *name, u32 prog)
{
	return ASK(BPF_RAW_TRACEPOINT_OPEN,
		   .raw_tracepoint = {.name = ptr_to_u64(name), .prog_fd = prog, .cookie = 42});
}

static void tracepoints_are_opened(void)
{
	u32 prog = prog_of_type(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
	u32 tc = classifier();
	long link = open_tracepoint("sched_switch", prog), again;
	char name[32] = "", little[4] = "";
	struct bpf_link_info info = {
		.raw_tracepoint = {.tp_name = ptr_to_u64(name), .tp_name_len = sizeof(name)}};
	union bpf_attr attr = {
		.info = {.bpf_fd = (u32)link, .info_len = sizeof(info), .info = ptr_to_u64(&info)}};

	CHECK(link >= 0);
	CHECK_EQ(open_tracepoint("no_such_tracepoint", prog), -ENOENT);
	CHECK_EQ(open_tracepoint("sched_switch", tc), -EINVAL);
	CHECK_EQ(open_tracepoint("sched_switch", (u32)-1), -EBADF);
	CHECK_EQ(ask(BPF_OBJ_GET_INFO_BY_FD, &attr), 0);
	CHECK(!strcmp(name, "sched_switch"));
	CHECK_EQ(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	CHECK_EQ(info.raw_tracepoint.cookie, 42);
	CHECK_EQ(info.prog_id, id_of_prog(prog));
	info = (struct bpf_link_info){
		.raw_tracepoint = {.tp_name = ptr_to_u64(little), .tp_name_len = sizeof(little)}};
	CHECK_EQ(ask(BPF_OBJ_GET_INFO_BY_FD, &attr), -ENOSPC);
	CHECK(!strcmp(little, "sch"));
	info = (struct bpf_link_info){.raw_tracepoint = {.tp_name_len = 4}};
	CHECK_EQ(ask(BPF_OBJ_GET_INFO_BY_FD, &attr), -EINVAL);
	CHECK_EQ(update(link, prog, 0, 0), -EINVAL);
	CHECK_EQ(detach(link), -EOPNOTSUPP);
	again = ASK(BPF_LINK_GET_FD_BY_ID, .link_id = info_of(link).id);
	CHECK(again >= 0);
	drop(again);
	drop(link);
	drop(prog);
	drop(tc);
}

static long netfilter(u32 prog, u32 pf, u32 hook, s32 priority, u32 flags)
{
	return ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = prog,
						    .attach_type = BPF_NETFILTER,
						    .netfilter = {pf, hook, priority, flags}});
}

static void netfilter_hooks_are_taken(void)
{
	u32 prog = prog_of_type(BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 1);
	long link = netfilter(prog, PF_IPV4, 1, -100, 0);

	CHECK(link >= 0);
	CHECK_EQ(info_of(link).type, BPF_LINK_TYPE_NETFILTER);
	CHECK_EQ(info_of(link).netfilter.pf, PF_IPV4);
	CHECK_EQ(info_of(link).netfilter.hooknum, 1);
	CHECK_EQ(info_of(link).netfilter.priority, -100);
	CHECK_EQ(netfilter(prog, 99, 1, 0, 0), -EAFNOSUPPORT);
	CHECK_EQ(netfilter(prog, PF_IPV4, 9, 0, 0), -EPROTO);
	CHECK_EQ(netfilter(prog, PF_IPV4, 1, INT32_MAX, 0), -ERANGE);
	CHECK_EQ(netfilter(prog, PF_IPV4, 1, INT32_MIN, 0), -ERANGE);
	CHECK_EQ(netfilter(prog, PF_IPV4, 1, 0, 8), -EOPNOTSUPP);
	CHECK_EQ(netfilter(prog, PF_IPV4, 1, INT32_MAX, 8), -EOPNOTSUPP);
	CHECK_EQ(netfilter(prog, PF_IPV4, 1, -400, 1), -ERANGE);
	CHECK_EQ(detach(link), 0);
	drop(link);
	drop(prog);
}

int main(void)
{
	if (unshare(CLONE_NEWNET)) {
		tap_skip("links", "no network namespace of our own");
		return EXIT_SUCCESS;
	}
	BOTH(making_is_checked);
	BOTH(classifiers_stand_in_order);
	BOTH(links_are_updated);
	BOTH(one_xdp_program_an_interface);
	BOTH(network_namespaces_have_a_dissector);
	BOTH(tracepoints_are_opened);
	BOTH(netfilter_hooks_are_taken);
	return tap_status();
}
