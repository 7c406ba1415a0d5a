/* signals: what is queued to a client in the midst of its calls arrives: each once, with its value.
 */
#include <signal.h>

#include "probe.h"

enum { SIGNALS = 3000 };

static volatile int got[2], wrong;

static void handler(int signal, siginfo_t *info, void *context)
{
	int which = signal - SIGRTMIN;

	(void)context;
	wrong += info->si_code != SI_QUEUE || info->si_value.sival_int != got[which];
	got[which]++;
}

static void send(pid_t to)
{
	for (int i = 0; i < SIGNALS; i++)
		for (int which = 0; which < 2; which++) {
			union sigval value = {.sival_int = i};

			while (sigqueue(to, SIGRTMIN + which, value))
				usleep(100);
			usleep(10);
		}
	_exit(0);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	int made = 0, failed = 0, status = 0;
	pid_t self = getpid(), pid;

	sigaction(SIGRTMIN, &action, NULL);
	sigaction(SIGRTMIN + 1, &action, NULL);
	pid = fork();
	if (!pid)
		send(self);
	while (waitpid(pid, &status, WNOHANG) == 0 || made < SIGNALS) {
		int fd = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);

		failed += fd < 0 || close(fd);
		made++;
	}
	printf("no call failed: %s\n", failed ? "NO" : "yes");
	printf("all signals came: %s\n", got[0] == SIGNALS && got[1] == SIGNALS ? "yes" : "NO");
	printf("as they were sent: %s\n", wrong ? "NO" : "yes");
	return 0;
}
