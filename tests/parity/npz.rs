//! Reads the arrays of an `.npz` file: a zip archive of `.npy` members (NEP 1), little endian.

use std::{fs::File, io::Read, path::Path};

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

/// An open `.npz` file.
pub struct Npz(zip::ZipArchive<File>);

impl Npz {
    /// Opens a file that must be there.
    pub fn open(path: &Path) -> Npz {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Npz(zip::ZipArchive::new(file).unwrap())
    }

    /// An array of f32.
    pub fn f32(&mut self, name: &str) -> ArrayD<f32> {
        self.array(name, "<f4", |bytes: [u8; 4]| f32::from_le_bytes(bytes))
    }

    /// An array of f32, or of f16 (IEEE 754 binary16); and how far f16 may have rounded a value of one.
    pub fn f32_or_f16(&mut self, name: &str) -> (ArrayD<f32>, f32) {
        if self.header(name).contains("'descr': '<f2'") {
            (self.array(name, "<f2", |bytes: [u8; 2]| widened(u16::from_le_bytes(bytes))), 0.5 / 1024.0)
        } else {
            (self.f32(name), 0.0)
        }
    }

    /// The names of the arrays.
    pub fn names(&self) -> Vec<String> {
        self.0.file_names().filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect()
    }

    /// An array of i64.
    pub fn i64(&mut self, name: &str) -> ArrayD<i64> {
        self.array(name, "<i8", |bytes: [u8; 8]| i64::from_le_bytes(bytes))
    }

    /// An array of bytes.
    pub fn u8(&mut self, name: &str) -> ArrayD<u8> {
        self.array(name, "|u1", |[byte]: [u8; 1]| byte)
    }

    fn header(&mut self, name: &str) -> String {
        let (header, _) = split(self.member(name), name);
        header
    }

    fn member(&mut self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.by_name(&format!("{name}.npy")).expect(name).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn array<T, const N: usize>(&mut self, name: &str, dtype: &str, value: impl Fn([u8; N]) -> T) -> ArrayD<T> {
        let (header, bytes) = split(self.member(name), name);
        assert!(header.contains(&format!("'descr': '{dtype}'")), "{name}: {header}");
        let shape = header.split("'shape': (").nth(1).unwrap().split(')').next().unwrap();
        let shape: Vec<usize> = shape.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        let (values, rest) = bytes.as_chunks::<N>();
        assert!(rest.is_empty(), "{name}");
        let values = values.iter().map(|bytes| value(*bytes)).collect();
        let shape = IxDyn(&shape);
        if header.contains("'fortran_order': True") {
            ArrayD::from_shape_vec(shape.f(), values).unwrap()
        } else {
            ArrayD::from_shape_vec(shape, values).unwrap()
        }
    }
}

/// The header of a member and the bytes of its values.
fn split(mut bytes: Vec<u8>, name: &str) -> (String, Vec<u8>) {
    assert_eq!(&bytes[..6], b"\x93NUMPY", "{name}");
    // Version 1 has a length of two bytes, later ones of four.
    let (length, start) = match bytes[6] {
        1 => (usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), 10),
        _ => (u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize, 12),
    };
    let values = bytes.split_off(start + length);
    (String::from_utf8(bytes.split_off(start)).unwrap(), values)
}

/// The value of a binary16: one bit of sign, five of exponent, ten of fraction.
fn widened(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    assert!(exponent < 31, "a golden is not finite");
    sign * if exponent == 0 { fraction * 2f32.powi(-14) } else { (1.0 + fraction) * 2f32.powi(exponent - 15) }
}
