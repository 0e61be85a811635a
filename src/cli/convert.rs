//! `gemwatch convert`: alerts in the forms of neighbouring systems.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anstream::eprintln;
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};

use super::failure::{BadInput, Failure};
use gemwatch::publish::{acm, fhir};
use gemwatch::wire::Alert;

/// The longest line that is read: more than a broker takes by default.
const MOST_BYTES: u64 = 4 << 20;

/// Turn alerts into FHIR or HL7 version 2, one message a line
///
/// In go alerts as they stand on ecg.alerts, one JSON document a line; empty lines are passed over. Each is written as soon as it is
/// read, so that a stream of them can be followed. A line that is no alert is told on standard error and left out; the exit status
/// is then 2. docs/neighbours.md says what becomes of what.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch convert --to fhir-r4 alerts.jsonl > alerts.ndjson
  gemwatch replay mitdb/207 --model none | gemwatch convert --to fhir-r6
  kcat -C -b localhost:9092 -t ecg.alerts -o end -u | gemwatch convert --to acm --mllp | nc manager 2575")]
pub struct Convert {
    /// The form
    #[arg(long, value_name = "FORM")]
    to: Form,
    /// Frame messages for a connection (MLLP) instead of ending each with a line feed
    #[arg(long)]
    mllp: bool,
    /// Alerts, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    alerts: PathBuf,
}

/// What alerts are turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// FHIR R4: a Bundle of an Observation and a Communication
    FhirR4,
    /// FHIR R6 (draft): a Bundle of a `DeviceAlert` and an Observation
    FhirR6,
    /// IHE Alert Communication Management: HL7 version 2, ORU^R40, of the alerts that are announced
    Acm,
}

impl Convert {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        if self.mllp && self.to != Form::Acm {
            return Err(anyhow!("--mllp frames HL7 version 2 messages: use it with --to acm")).bad_input();
        }
        let mut input = open(&self.alerts).bad_input()?;
        let mut output = io::stdout().lock();
        let (mut line, mut bad_lines, mut logged_only) = (Vec::new(), 0_u64, 0_u64);
        for number in 1_u64.. {
            line.clear();
            let read = input.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line);
            if read.with_context(|| format!("cannot read {}", self.alerts.display()))? == 0 {
                break;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Alert>(&line) {
                Ok(alert) if self.to == Form::Acm && !alert.announced => logged_only += 1,
                Ok(alert) => match self.message(&alert).and_then(|message| write(&mut output, &message)) {
                    // Who read has heard enough.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                    written => written.context("cannot write messages")?,
                },
                Err(error) => {
                    bad_lines += 1;
                    eprintln!("{} line {number} is no alert: {error}", self.alerts.display());
                }
            }
        }
        if logged_only > 0 {
            eprintln!("{logged_only} alerts are logged only and were not sent on");
        }
        if bad_lines > 0 {
            return Err(anyhow!("{bad_lines} lines of {} are no alerts", self.alerts.display())).bad_input();
        }
        Ok(())
    }

    fn message(&self, alert: &Alert) -> io::Result<String> {
        Ok(match self.to {
            Form::FhirR4 => serde_json::to_string(&fhir::r4::bundle(alert, None))? + "\n",
            Form::FhirR6 => serde_json::to_string(&fhir::r6::bundle(alert))? + "\n",
            Form::Acm if self.mllp => acm::framed(&acm::message(alert)),
            Form::Acm => acm::message(alert) + "\n",
        })
    }
}

fn write(output: &mut impl Write, message: &str) -> io::Result<()> {
    output.write_all(message.as_bytes())?;
    output.flush()
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
