package permits

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// picture is a QR code as one path of an SVG: dark squares of side 1.
type picture struct {
	Side int    // squares in a row, with the quiet zone
	Path string // d of the path
	Text string // what it says
}

const quiet = 4 // squares around the code that stay light (ISO/IEC 18004)

// draw encodes a text with a quarter of it restorable.
func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.Q, qr.Auto)
	if err != nil {
		return picture{}, fmt.Errorf("draw code: %w", err)
	}
	bounds := code.Bounds()
	var path strings.Builder
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			if light, _, _, _ := code.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA(); light == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return picture{bounds.Dx() + 2*quiet, path.String(), text}, nil
}
