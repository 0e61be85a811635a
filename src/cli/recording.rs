//! A recording as a command opens it: in goes its path, out come the record and, on standard error, what of the file is not in it.

use std::path::Path;

use anstream::eprintln;

use super::failure::{BadInput, Failure};
use gemwatch::source::recordings::Record;

/// Opens a recording and says what is left out.
pub fn open(path: &Path) -> Result<Record, Failure> {
    let record = Record::open(path).bad_input()?;
    for signal in &record.left_out {
        eprintln!("{}: left out: {signal}", path.display());
    }
    Ok(record)
}
