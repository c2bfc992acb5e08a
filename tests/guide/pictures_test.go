package guide

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPictures: each picture of the guide is made from the source beside it as that is now, is legible in the dark, is shown by a
// page, and says to those who cannot see it what it shows.
func TestPictures(t *testing.T) {
	dir := filepath.Join(Root, "docs", "guide", "pictures")
	sources, err := filepath.Glob(filepath.Join(dir, "*.dot"))
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 10 || len(sources) != len(pictures) {
		t.Errorf("%d sources and %d pictures: run scripts/pictures", len(sources), len(pictures))
	}
	pages, err := Pages(regexp.MustCompile(`^docs/guide/`))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, text := range pages {
		all += text
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(source), ".dot")
		picture, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Errorf("%v: run scripts/pictures", err)
			continue
		}
		if !strings.Contains(string(picture), fmt.Sprintf("sha256 %x ", sha256.Sum256(text))) {
			t.Errorf("%s.svg is not of the present %s.dot: run scripts/pictures", name, name)
		}
		if !strings.Contains(string(picture), "prefers-color-scheme: dark") {
			t.Errorf("%s.svg has no colours for the dark", name)
		}
		if !regexp.MustCompile(`!\[[^\]]{20,}\]\(pictures/` + name + `\.svg\)`).MatchString(all) {
			t.Errorf("no page shows %s.svg with words for those who cannot see it", name)
		}
	}
}
