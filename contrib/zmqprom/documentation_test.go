package zmqprom_test

import _ "embed"

//go:embed doc.go
var documentation string
