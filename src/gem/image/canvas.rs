//! A picture in the middle of a canvas of one colour, without a copy of it.
//!
//! In go a picture and how large the canvas is, out come its rows. A page of 8192 x 1 pixels on a square canvas would take
//! 200 MB if it were painted.

use image::RgbImage;

/// A picture and what surrounds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas<'a> {
    picture: &'a RgbImage,
    left: usize,
    top: usize,
    /// Of the canvas, in pixels.
    pub width: u32,
    /// Of the canvas, in pixels.
    pub height: u32,
    colour: [u8; 3],
}

impl<'a> Canvas<'a> {
    /// The picture alone.
    pub(super) fn of(picture: &'a RgbImage) -> Canvas<'a> {
        let (width, height) = picture.dimensions();
        Canvas { picture, left: 0, top: 0, width, height, colour: [0; 3] }
    }

    /// The picture in the middle of a square. An odd pixel goes to the right or below.
    pub(super) fn square(picture: &'a RgbImage, colour: [u8; 3]) -> Canvas<'a> {
        let (width, height) = picture.dimensions();
        let side = width.max(height);
        let (left, top) = (((side - width) / 2) as usize, ((side - height) / 2) as usize);
        Canvas { picture, left, top, width: side, height: side, colour }
    }

    /// The pixels of one row; `buffer` is for those that the picture does not hold as they are.
    pub(super) fn row<'b>(&'b self, row: usize, buffer: &'b mut Vec<[u8; 3]>) -> &'b [[u8; 3]] {
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let inside = row.checked_sub(self.top).filter(|row| *row < height);
        let pixels = inside.map(|row| &self.picture.as_raw().as_chunks().0[row * width..][..width]);
        match pixels {
            Some(pixels) if width == self.width as usize => pixels,
            _ => {
                buffer.clear();
                buffer.resize(self.width as usize, self.colour);
                if let Some(pixels) = pixels {
                    buffer[self.left..][..width].copy_from_slice(pixels);
                }
                buffer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn red(canvas: &Canvas<'_>, row: usize) -> Vec<u8> {
        // What was in the buffer does not show.
        canvas.row(row, &mut vec![[77; 3]; 9]).iter().map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn a_high_picture_has_the_frame_at_its_sides() {
        let picture = RgbImage::from_fn(2, 5, |x, y| Rgb([(10 * y + x) as u8, 1, 2]));
        let canvas = Canvas::square(&picture, [99, 98, 97]);
        assert_eq!((canvas.width, canvas.height), (5, 5));
        assert_eq!(red(&canvas, 0), [99, 0, 1, 99, 99]);
        assert_eq!(red(&canvas, 4), [99, 40, 41, 99, 99]);
        assert_eq!(red(&Canvas::of(&picture), 4), [40, 41]);
    }

    #[test]
    fn a_wide_picture_has_the_frame_above_and_below() {
        let picture = RgbImage::from_fn(4, 1, |x, _| Rgb([x as u8, 2, 3]));
        let canvas = Canvas::square(&picture, [9, 8, 7]);
        let rows = [0, 1, 2, 3].map(|row| red(&canvas, row));
        assert_eq!(rows, [vec![9; 4], vec![0, 1, 2, 3], vec![9; 4], vec![9; 4]]);
    }
}
