package zmqd

import (
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notify tells the service manager how things are, if there is one.
func notify(lines ...string) error {
	_, err := daemon.SdNotify(false, strings.Join(lines, "\n"))
	return err
}

// watchdog returns how often the service manager wants to hear that all is well, 0 if never: twice within its time.
func watchdog() time.Duration {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return every / 2
}
