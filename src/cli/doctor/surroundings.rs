//! What is around the service: the address where it listens, an instance that runs there already, the audit log, the collector.
//!
//! In: the settings. Out: findings.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use super::findings::{Findings, good, note};
use gemwatch::config::Config;
use gemwatch::http::Listen;

/// How long a page or a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at all of it.
pub fn surroundings(config: &Config, findings: &mut Findings) {
    if let Listen::At(address) = config.http.listen {
        listening(config, address, findings);
    }
    if let Some(file) = &config.audit.file {
        audit(file, findings);
    }
    if let Some(endpoint) = &config.telemetry.otlp_endpoint {
        collector(endpoint, findings);
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

/// Status and text of a page.
fn page(url: &str) -> Option<(u16, String)> {
    let mut answer = agent().get(url).call().ok()?;
    Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
}

/// Is the address free, or is an instance there already? One that is there is asked whether it is ready.
fn listening(config: &Config, address: SocketAddr, findings: &mut Findings) {
    let what = "http";
    let Err(error) = TcpListener::bind(address) else { return good(what, &format!("{address} is free")) };
    if error.kind() != ErrorKind::AddrInUse {
        let advice = "set http.listen to an address of this machine and a port from 1024 on";
        return findings.fault(what, &anyhow!(error).context(format!("cannot listen on {address}")), advice);
    }
    if config.http.tls_certificate_file.is_some() {
        return note(what, &format!("something listens on {address}; whether it is gemwatch is not asked over TLS"));
    }
    let everywhere = address.ip().is_unspecified();
    let here = if everywhere { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    let base = format!("http://{}", SocketAddr::new(here, address.port()));
    match page(&format!("{base}/healthz")) {
        Some((200, body)) if body == "alive" => good(what, &format!("an instance is alive on {address}")),
        _ => {
            let advice = "set http.listen to a free address, or to \"off\"";
            return findings.fault(what, &anyhow!("another program listens on {address}"), advice);
        }
    }
    match page(&format!("{base}/readyz")) {
        Some((200, _)) => good("readiness", "it is at work"),
        Some((_, body)) => {
            for line in body.lines().skip(1) {
                let (condition, reason) = line.split_once(": ").unwrap_or((line, "it does not say why to this caller"));
                findings.fault("readiness", &anyhow!("{condition}: {reason}"), advice_on(condition));
            }
        }
        None => findings.fault("readiness", &anyhow!("{base}/readyz does not answer"), "look into its log; restart it"),
    }
}

/// What to do about a condition that is not met.
fn advice_on(condition: &str) -> &'static str {
    match condition {
        "broker" => "see what is said of the broker above; it tries again by itself",
        "assignment" => {
            "it waits for partitions: other instances of the group have them all, or the group is moving. More instances than \
             partitions of kafka.topics.waveforms are of no use"
        }
        "model" => "alarms work without it; see what is said of the model below, then restart the instance",
        "audit" => "make room or give it the right to write; nothing is lost meanwhile, it is in the log",
        _ => "look into its log",
    }
}

/// Can the audit log be written to? Makes no file.
fn audit(file: &Path, findings: &mut Findings) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let tried = match OpenOptions::new().append(true).open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => tempfile::tempfile_in(folder).map(drop),
        tried => tried.map(drop),
    };
    match tried {
        Ok(()) => good("audit log", &file.display().to_string()),
        Err(error) => {
            let error = anyhow!(error).context(format!("{} cannot be written to", file.display()));
            findings.fault(
                "audit log",
                &error,
                "let the folder be there, and let the user that gemwatch runs as write to it",
            );
        }
    }
}

/// Does a collector of OTLP answer there? It is sent an empty message.
fn collector(endpoint: &str, findings: &mut Findings) {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let advice = "start the collector, or set telemetry.otlp_endpoint to where it takes OTLP over HTTP (port 4318 as a rule); alarms \
                  work without it";
    match agent().post(&url).header("content-type", "application/x-protobuf").send_empty() {
        Ok(answer) if answer.status().is_success() => good("collector", endpoint),
        Ok(answer) => {
            let error = anyhow!("what answers at {endpoint} is no collector of OTLP over HTTP: {}", answer.status());
            findings.fault("collector", &error, advice);
        }
        Err(error) => findings.fault("collector", &anyhow!(error).context(format!("no answer at {url}")), advice),
    }
}
