//! An alert to take away: as a page (PNG, PDF), as a record (WFDB) and as FHIR.
//!
//! In: an alert with its ten seconds. Out: the bytes of a file.

mod page;
mod pdf;
mod wfdb;

use super::alerts::Known;
use crate::publish::fhir;

/// A file to take away.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: Vec<u8>,
}

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Nothing was recorded.
    #[error("the ten seconds before this alert are not kept here")]
    NoWindow,
    /// The page cannot be written.
    #[error("the page cannot be written")]
    Page(#[from] crate::paper::PageFileError),
    /// The resources cannot be written.
    #[error("the resources cannot be written")]
    Fhir(#[from] serde_json::Error),
    /// The archive cannot be written.
    #[error("the archive cannot be written")]
    Archive(#[from] zip::result::ZipError),
    /// A file in the archive cannot be written.
    #[error("a file in the archive cannot be written")]
    Write(#[from] std::io::Error),
}

/// What files there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The 12-lead page, evidence marked.
    Png,
    /// The same at true scale on paper, and the reading with its claims.
    Pdf,
    /// Header and signal file.
    Wfdb,
    /// A bundle of resources.
    Fhir,
}

impl Kind {
    /// The kind of which this is the last part of the address.
    pub fn from_name(name: &str) -> Option<Kind> {
        match name {
            "page.png" => Some(Kind::Png),
            "page.pdf" => Some(Kind::Pdf),
            "wfdb.zip" => Some(Kind::Wfdb),
            "fhir.json" => Some(Kind::Fhir),
            _ => None,
        }
    }
}

/// The file of an alert.
pub fn file(known: &Known, kind: Kind) -> Result<File, ExportError> {
    let strip = &known.window.as_ref().ok_or(ExportError::NoWindow)?.strip();
    let alert = &known.alert;
    let name = |ending: &str| format!("{}-{}.{ending}", alert.code.as_str().to_lowercase(), alert.id);
    Ok(match kind {
        Kind::Png => File { name: name("png"), media_type: "image/png", content: page::png(alert, strip)? },
        Kind::Pdf => File { name: name("pdf"), media_type: "application/pdf", content: pdf::pdf(alert, strip) },
        Kind::Wfdb => File { name: name("zip"), media_type: "application/zip", content: wfdb::zip(alert, strip)? },
        Kind::Fhir => {
            let content = serde_json::to_vec_pretty(&fhir::r4::bundle(alert, Some(strip)))?;
            File { name: name("json"), media_type: "application/fhir+json", content }
        }
    })
}
