package cli

import (
	"fmt"
	"io"
	"os"
)

// maxFile is more than any file of settings, keys or addresses has.
const maxFile = 16 << 20

// ReadFile is os.ReadFile for a file of settings. It does not go on without end where the name is that of a device.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("%s: more than %s: it is no file of settings", path, FormatSize(maxFile))
	}
	return raw, err
}
