//! The ten seconds as a WFDB record in an archive.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::ExportError;
use crate::ecg::{Lead, Strip};
use crate::publish::wfdb;
use crate::wire::Alert;

/// Header and signal file, named after the alert.
pub fn zip(alert: &Alert, strip: &Strip) -> Result<Vec<u8>, ExportError> {
    let name = alert.id.simple().to_string();
    let leads: Vec<Lead> = strip.leads.iter().map(|lead| lead.lead.clone()).collect();
    let notes = [
        format!("stream: {}", alert.stream_id),
        format!("alert: {} {}", alert.code.as_str(), alert.id),
        format!("raised: {}", alert.raised_at),
        alert.message.clone(),
    ];
    let record = wfdb::record(&name, strip, &leads, &notes);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (ending, content) in [("hea", record.header.as_bytes()), ("dat", &record.signal)] {
        archive.start_file(format!("{name}.{ending}"), SimpleFileOptions::default())?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}
