//! What processes have used so far, from /proc.

use std::fs;
use std::time::Instant;

/// Clock ticks a second of /proc: 100 on every Linux that matters here.
const TICKS_S: f64 = 100.0;

/// Used up to a moment.
pub struct Usage {
    pub at: Instant,
    pub gemwatch_s: f64,
    /// The broker that this process has started.
    pub broker_s: f64,
    /// This process: monitors and readers.
    pub bench_s: f64,
    pub resident_mib: f64,
}

impl Usage {
    pub fn of(gemwatch: u32) -> Usage {
        let resident_mib = fs::read_to_string(format!("/proc/{gemwatch}/status")).ok().and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        });
        Usage {
            at: Instant::now(),
            gemwatch_s: processor_s(&gemwatch.to_string()),
            broker_s: brokers().iter().map(|process| processor_s(process)).sum(),
            bench_s: processor_s("self"),
            resident_mib: resident_mib.unwrap_or_default() / 1024.0,
        }
    }
}

fn processor_s(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may have spaces; what follows its bracket has not.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_S
}

fn brokers() -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = processes.map(|process| process.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| {
            let command = fs::read_to_string(format!("/proc/{name}/cmdline")).unwrap_or_default();
            command.starts_with("java") && command.contains("kafka.Kafka") && descends_from_this(name)
        })
        .collect()
}

/// Others may run brokers on this machine, too.
fn descends_from_this(process: &str) -> bool {
    let this = std::process::id().to_string();
    let mut process = process.to_owned();
    while process != this {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        match status.lines().find_map(|line| line.strip_prefix("PPid:")) {
            Some(parent) if parent.trim() != "0" => parent.trim().clone_into(&mut process),
            _ => return false,
        }
    }
    true
}
