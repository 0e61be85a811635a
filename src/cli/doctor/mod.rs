//! `gemwatch doctor`: what works, what does not, and what to do. Broker and topics, what is around the service, ONNX Runtime and
//! model.

mod findings;
mod surroundings;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::Args;

use super::failure::{BadInput, Failure};
use super::model::interpreter_settings;
use super::role::Role;
use findings::{Findings, good, note};
use gemwatch::broker::{TopicCheck, check_broker, cleanup_policies};
use gemwatch::config::Config;
use gemwatch::ecg::{STANDARD_LEADS, Strip, StripLead, Time};
use gemwatch::gem::{Device, Package, engine::Priority, runtime};
use gemwatch::pipeline::{Interpreter, InterpreterSettings};
use gemwatch::signal::RATE_HZ;

/// Check broker, topics, address, collector, ONNX Runtime and model, and say what to do about what does not work
///
/// An instance that runs already with these settings is asked whether it is ready.
///
/// Exit status 1 if anything that `run` needs is missing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The settings that are to be checked
    #[arg(long, value_name = "FILE", env = "GEMWATCH_CONFIG")]
    config: Option<PathBuf>,
    /// What the instance is to do: only what this needs is checked
    #[arg(long, default_value = "all")]
    role: Role,
}

const BROKER_PATIENCE: Duration = Duration::from_secs(5);

impl Doctor {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref()).bad_input()?;
        let mut findings = Findings::default();
        let where_from = self.config.map_or_else(|| "built-in".to_owned(), |path| path.display().to_string());
        good("settings", &where_from);
        broker(&config, self.role, &mut findings);
        surroundings::surroundings(&config, &mut findings);
        match (self.role, interpreter_settings(&config.readings.model, &config)) {
            (Role::Monitor, Some(_)) => {
                let topic = &config.kafka.topics.reading_requests;
                note("model", &format!("none is loaded: readers are asked on topic {topic}"));
            }
            (_, Some(settings)) => model(&settings, &mut findings),
            (Role::Reader, None) => findings.fault(
                "model",
                &anyhow!("readings.model is \"none\": every request is answered with \"reading not available\""),
                "set readings.model to \"shipped\" or the path of a model package",
            ),
            (_, None) => note("model", "readings.model is \"none\": alarms and vital signs only"),
        }
        match findings.faults {
            0 => Ok(()),
            1 => Err(Failure::Failed(anyhow!("one fault found"))),
            faults => Err(Failure::Failed(anyhow!("{faults} faults found"))),
        }
    }
}

fn broker(config: &Config, role: Role, findings: &mut Findings) {
    match check_broker(&config.kafka, BROKER_PATIENCE) {
        Err(error) => {
            let advice = error.advice();
            findings.fault("broker", &error.into(), advice);
        }
        Ok(check) => {
            good("broker", &check.brokers.join(", "));
            for topic in check.topics.iter().filter(|topic| role.needs(&config.kafka.topics, &topic.name)) {
                match topic {
                    TopicCheck { partitions: Some(_), .. } => good("topic", &topic.to_string()),
                    TopicCheck { is_forbidden: true, .. } => findings.fault(
                        "topic",
                        &anyhow!("{topic}"),
                        "let who runs the broker grant it: the access lists are in deploy/README.md",
                    ),
                    TopicCheck { name, .. } => findings.fault(
                        "topic",
                        &anyhow!("{topic}"),
                        &format!("kafka-topics.sh --bootstrap-server {} --create --topic {name}", config.kafka.brokers),
                    ),
                }
            }
            kept(config, role);
        }
    }
}

/// What a topic keeps: a note where it is not what it should be. Brokers that do not say are believed.
fn kept(config: &Config, role: Role) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let policies: BTreeMap<String, String> =
        runtime.block_on(cleanup_policies(&config.kafka, BROKER_PATIENCE)).unwrap_or_default();
    let to_be_compacted = config.kafka.topics.compacted();
    for (topic, policy) in policies.iter().filter(|(topic, _)| role.needs(&config.kafka.topics, topic)) {
        let should_be = if to_be_compacted.contains(&topic.as_str()) { "compact" } else { "delete" };
        if !policy.split(',').any(|part| part == should_be) {
            let brokers = &config.kafka.brokers;
            note(
                "topic",
                &format!(
                    "topic {topic} has cleanup.policy={policy} and should have {should_be}: kafka-configs.sh \
                     --bootstrap-server {brokers} --alter --entity-type topics --entity-name {topic} --add-config \
                     cleanup.policy={should_be}"
                ),
            );
        }
    }
}

fn model(settings: &InterpreterSettings, findings: &mut Findings) {
    match runtime::load(settings.runtime.as_deref()) {
        Ok(runtime) => good("ONNX Runtime", &runtime.to_string()),
        Err(error) => {
            // Without it nothing can be read.
            return findings.fault("ONNX Runtime", &error.into(), "alarms work without it; readings do not");
        }
    }
    let package = settings.package.clone().map_or_else(Package::shipped, Ok).and_then(|path| Package::open(&path));
    match package {
        Err(error) => {
            findings.fault("model package", &error.into(), "export it again, or set readings.model to another");
            return;
        }
        Ok(package) => {
            let manifest = package.manifest();
            good("model package", &format!("{} at {}", manifest.name, package.directory().display()));
            if !manifest.trained {
                note("model package", "untrained weights: its readings mean nothing");
            }
        }
    }
    match one_reading(settings) {
        Ok((device, took)) => {
            good("one reading", &format!("{:.2} s", took.as_secs_f64()));
            match (settings.device, device) {
                (Device::Auto, Device::Cpu) => {
                    note("device", "cpu: no GPU can be used (readings.device = \"cuda:0\" says why)");
                }
                _ => good("device", &device.to_string()),
            }
        }
        Err(error) => findings.fault("one reading", &error, "alarms work without it; readings do not"),
    }
}

/// Reads ten flat seconds, to see that the model runs.
fn one_reading(settings: &InterpreterSettings) -> anyhow::Result<(Device, Duration)> {
    let interpreter = Interpreter::load(settings)?;
    let lead = |lead: &gemwatch::ecg::Lead| StripLead {
        lead: lead.clone(),
        derived: false,
        samples_mv: vec![0.0; (10.0 * RATE_HZ) as usize],
    };
    let strip = Strip { start: Time::default(), rate_hz: RATE_HZ, leads: STANDARD_LEADS.iter().map(lead).collect() };
    let started = Instant::now();
    let reading = interpreter.read(&strip, Priority::default(), &|| false, &mut |_| {});
    match reading.reason_for_none() {
        Some(reason) => Err(anyhow!(reason.to_owned())),
        None => Ok((interpreter.device(), started.elapsed())),
    }
}
