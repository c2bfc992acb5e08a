package interop

import "testing"

func writePage(t *testing.T) {}
