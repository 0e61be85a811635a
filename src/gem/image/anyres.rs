//! Mode `anyres`: the whole picture and an enlarged one in tiles.
//!
//! In go a picture and the sizes to choose from; out come the squeezed whole picture and then the tiles of the enlarged one,
//! row by row. [`TileMap`] says how the tiles lie, which the merging of their tokens needs too. The rules are those of
//! LLaVA-1.6 (Liu et al. 2024, "LLaVA-NeXT"), in the same order of floating point operations: a picture one pixel higher
//! would have other tokens.

use std::cmp::Reverse;

use image::{RgbImage, imageops};

use super::{
    ImageError,
    canvas::Canvas,
    check_size,
    resize::{Window, resize},
};
use crate::gem::manifest::ImageSpec;

/// How the tiles of an enlarged picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gem) struct TileMap {
    /// Tiles side by side.
    pub columns: u32,
    /// Tiles one below the other.
    pub rows: u32,
}

impl TileMap {
    /// The size of the package's grid that shows most of a picture of `(width, height)` pixels; of equal ones the one that
    /// wastes least, then the first.
    pub(in crate::gem) fn of(spec: &ImageSpec, picture: (u32, u32)) -> Result<TileMap, ImageError> {
        check_size(picture)?;
        let (width, height) = (f64::from(picture.0), f64::from(picture.1));
        let rank = |&(map_width, map_height): &(u32, u32)| {
            let scale = (f64::from(map_width) / width).min(f64::from(map_height) / height);
            let scaled = i64::from((width * scale) as u32) * i64::from((height * scale) as u32);
            let shown = scaled.min(i64::from(picture.0) * i64::from(picture.1));
            (Reverse(shown), i64::from(map_width) * i64::from(map_height) - shown)
        };
        let (map_width, map_height) = spec.grid.iter().copied().min_by_key(rank).ok_or(ImageError::NoGrid)?;
        Ok(TileMap { columns: map_width / spec.size, rows: map_height / spec.size })
    }
}

/// The squeezed picture and the tiles of the enlarged one.
pub(super) fn tiles(image: &RgbImage, spec: &ImageSpec) -> Result<Vec<RgbImage>, ImageError> {
    let map = TileMap::of(spec, image.dimensions())?;
    let side = spec.size;
    let mut tiles = vec![resize(&Canvas::of(image), side, side, Window::whole(side, side))];
    let enlarged = enlarged(image, map.columns * side, map.rows * side);
    for (row, column) in (0..map.rows).flat_map(|row| (0..map.columns).map(move |column| (row, column))) {
        tiles.push(imageops::crop_imm(&enlarged, column * side, row * side, side, side).to_image());
    }
    Ok(tiles)
}

/// The picture in its proportions in the middle of a black map.
fn enlarged(image: &RgbImage, map_width: u32, map_height: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    let across = f64::from(map_width) / f64::from(width);
    let down = f64::from(map_height) / f64::from(height);
    let scaled = |length: u32, scale: f64, most: u32| ((f64::from(length) * scale).ceil() as u32).min(most);
    let (new_width, new_height) = if across < down {
        (map_width, scaled(height, across, map_height))
    } else {
        (scaled(width, down, map_width), map_height)
    };
    let resized = resize(&Canvas::of(image), new_width, new_height, Window::whole(new_width, new_height));
    let mut map = RgbImage::new(map_width, map_height);
    let (left, top) = ((map_width - new_width) / 2, (map_height - new_height) / 2);
    imageops::replace(&mut map, &resized, i64::from(left), i64::from(top));
    map
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::gem::manifest::{ImageMode, Manifest, tests::small_manifest};

    fn spec() -> ImageSpec {
        let manifest: Manifest = serde_json::from_value(small_manifest()).unwrap();
        let grid = vec![(336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008)];
        ImageSpec { mode: ImageMode::Anyres, grid, ..manifest.image }
    }

    #[test]
    fn the_map_shows_most_and_wastes_least() {
        let map = |width, height| {
            let map = TileMap::of(&spec(), (width, height)).unwrap();
            (map.columns, map.rows)
        };
        assert_eq!(map(2200, 1700), (2, 2));
        assert_eq!(map(1503, 481), (3, 1));
        assert_eq!(map(481, 1503), (1, 3));
        // As small a picture is shown whole by all; the first of the smallest wins.
        assert_eq!(map(1, 1), (1, 2));
        assert_eq!(map(300, 200), (1, 2));
        // Not a pixel of these would be left.
        assert_eq!(map(8192, 1), (1, 2));
        assert_eq!(map(1, 8192), (1, 2));
        assert_eq!(TileMap::of(&spec(), (0, 7)), Err(ImageError::Empty { width: 0, height: 7 }));
    }

    #[test]
    fn the_whole_picture_comes_first_and_then_the_tiles_row_by_row() {
        // A quarter of each colour.
        let colours = [[10, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0]];
        let image = RgbImage::from_fn(800, 800, |x, y| Rgb(colours[(x / 400 + 2 * (y / 400)) as usize]));
        let tiles = tiles(&image, &spec()).unwrap();
        assert_eq!(tiles.len(), 5);
        assert!(tiles.iter().all(|tile| tile.dimensions() == (336, 336)));
        for (index, colour) in colours.into_iter().enumerate() {
            assert_eq!(tiles[index + 1].get_pixel(168, 168).0, colour);
            let (x, y) = (84 + 168 * (index as u32 % 2), 84 + 168 * (index as u32 / 2));
            assert_eq!(tiles[0].get_pixel(x, y).0, colour);
        }
    }

    #[test]
    fn what_the_picture_does_not_cover_is_black() {
        // 1008 x 200 of 1008 x 336, from row 68 on.
        let tiles = tiles(&RgbImage::from_pixel(2016, 400, Rgb([255; 3])), &spec()).unwrap();
        assert_eq!(tiles.len(), 4);
        for (row, value) in [(67, 0), (68, 255), (267, 255), (268, 0)] {
            assert_eq!(tiles[2].get_pixel(5, row).0, [value; 3], "row {row}");
        }
        // A line is never lost: a length of less than a pixel becomes one.
        let line = super::tiles(&RgbImage::from_pixel(8192, 1, Rgb([255; 3])), &spec()).unwrap();
        assert_eq!(line[1].pixels().filter(|pixel| pixel.0 == [255; 3]).count(), 336);
    }
}
