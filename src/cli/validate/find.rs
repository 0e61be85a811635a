//! Records to score: in go folders or records, out come those that have annotations.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use walkdir::WalkDir;

use gemwatch::source::recordings::Record;
use gemwatch::validate::rows::{Row, read_rows};

/// The largest table read, in bytes.
const MAX_TABLE_BYTES: u64 = 1 << 30;

/// The records, without `.hea`, at or below these paths for which `is_wanted` holds; in the order of their paths.
pub fn records(paths: &[PathBuf], is_wanted: impl Fn(&Path) -> bool) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = BTreeMap::new();
    for path in paths {
        let header = if path.is_dir() { path.clone() } else { header_of(path) };
        for entry in WalkDir::new(header) {
            let entry = entry.context("cannot look for records")?;
            let record = entry.path().with_extension("");
            if entry.path().extension().is_some_and(|extension| extension == "hea") && is_wanted(&record) {
                // The same record may be named by a folder and by itself.
                let key = std::path::absolute(&record).with_context(|| format!("cannot find {}", record.display()))?;
                found.entry(key).or_insert(record);
            }
        }
    }
    Ok(found.into_values().collect())
}

fn header_of(record: &Path) -> PathBuf {
    if record.extension().is_some_and(|extension| extension == "hea") {
        record.to_owned()
    } else {
        beside(record, "hea")
    }
}

/// `record` with `.extension` behind it; names of records may have dots.
pub fn beside(record: &Path, extension: &str) -> PathBuf {
    let mut name = record.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// The rate of every record by its name, by which tables name them.
pub fn rates_hz<'a>(records: impl Iterator<Item = &'a Record>) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut rates_hz = BTreeMap::new();
    for record in records {
        if rates_hz.insert(record.name.clone(), record.rate_hz).is_some() {
            bail!("two records are called {}: a table cannot tell them apart", record.name);
        }
    }
    Ok(rates_hz)
}

/// The rows of a table that another program wrote.
pub fn table(path: &Path) -> anyhow::Result<Vec<Row>> {
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAX_TABLE_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > MAX_TABLE_BYTES {
        bail!("{} is larger than {} MiB", path.display(), MAX_TABLE_BYTES >> 20);
    }
    read_rows(&text).with_context(|| format!("cannot read {}", path.display()))
}

/// Records done; on a terminal only, as every progress bar here.
pub fn progress_bar(records: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} records  {msg}  ({eta} left)")
        .context("cannot draw the progress bar")?;
    Ok(ProgressBar::new(records as u64).with_style(style))
}
