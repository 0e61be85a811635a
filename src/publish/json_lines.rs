//! What was said, one JSON document a line.

use std::io::{self, Write};

use serde::Serialize;

/// Writes JSON Lines.
#[derive(Debug)]
pub struct JsonLines<W: Write> {
    writer: W,
}

impl<W: Write> JsonLines<W> {
    /// Onto this writer.
    pub fn new(writer: W) -> JsonLines<W> {
        JsonLines { writer }
    }

    /// Writes one line.
    pub fn write<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer(&mut self.writer, value)?;
        self.writer.write_all(b"\n")
    }

    /// Hands everything on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
