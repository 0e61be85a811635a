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

    /// An array of i64.
    pub fn i64(&mut self, name: &str) -> ArrayD<i64> {
        self.array(name, "<i8", |bytes: [u8; 8]| i64::from_le_bytes(bytes))
    }

    /// An array of bytes.
    pub fn u8(&mut self, name: &str) -> ArrayD<u8> {
        self.array(name, "|u1", |[byte]: [u8; 1]| byte)
    }

    fn array<T, const N: usize>(&mut self, name: &str, dtype: &str, value: impl Fn([u8; N]) -> T) -> ArrayD<T> {
        let mut bytes = Vec::new();
        self.0.by_name(&format!("{name}.npy")).expect(name).read_to_end(&mut bytes).unwrap();
        assert_eq!(&bytes[..6], b"\x93NUMPY", "{name}");
        // Version 1 has a length of two bytes, later ones of four.
        let (length, start) = match bytes[6] {
            1 => (usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), 10),
            _ => (u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize, 12),
        };
        let header = std::str::from_utf8(&bytes[start..start + length]).unwrap();
        assert!(header.contains(&format!("'descr': '{dtype}'")), "{name}: {header}");
        let shape = header.split("'shape': (").nth(1).unwrap().split(')').next().unwrap();
        let shape: Vec<usize> = shape.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        let (values, rest) = bytes[start + length..].as_chunks::<N>();
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
