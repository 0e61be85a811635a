//! Settings that change while the service runs: limits of alarms, and the level of the log.
//!
//! In: SIGHUP, or a settings file that has changed. Out: the limits for the service, and word of what was taken, of what is
//! wrong, and of what needs a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use gemwatch::alarm::LimitProfiles;
use gemwatch::config::{Config, Setting};
use gemwatch::telemetry::LogLevel;
use gemwatch::telemetry::events::{ReloadOutcome, SettingsReloaded};

/// How often the settings file is looked at. Container platforms change files, and cannot send signals.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Reads the settings again whenever somebody asks or the file has changed, in a task of its own. Gives the limits as they stand.
pub fn follow(
    path: Option<&Path>,
    config: &Config,
    log_level: LogLevel,
) -> anyhow::Result<watch::Receiver<LimitProfiles>> {
    let mut asked = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let (limits, received) = watch::channel(config.limit_profiles());
    let in_force = Config::in_force(path).context("the settings have changed since the start")?;
    let mut follower = Follower { path: path.map(Path::to_owned), in_force, log_level, limits };
    tokio::spawn(async move {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = follower.file();
        loop {
            tokio::select! {
                Some(()) = asked.recv() => follower.read_again(),
                _ = look.tick() => {
                    let file = follower.file();
                    // One that is being replaced is not there for a moment.
                    if file.is_some() && file != known {
                        known = file;
                        follower.read_again();
                    }
                }
            }
        }
    });
    Ok(received)
}

struct Follower {
    path: Option<PathBuf>,
    in_force: Vec<Setting>,
    log_level: LogLevel,
    limits: watch::Sender<LimitProfiles>,
}

impl Follower {
    /// What stands in the file, if it can be read.
    fn file(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path.as_ref()?).ok()
    }

    fn read_again(&mut self) {
        let path = self.path.as_deref();
        let read = Config::load(path).and_then(|config| Ok((config, Config::in_force(path)?)));
        let (config, in_force) = match read {
            Ok(read) => read,
            Err(errors) => {
                return SettingsReloaded { outcome: ReloadOutcome::Refused, detail: &errors.to_string() }.emit();
            }
        };
        let detail = in_words(&changed(&self.in_force, &in_force));
        self.in_force = in_force;
        self.limits.send_replace(config.limit_profiles());
        // The level was checked with the other settings.
        let _ = self.log_level.set(&config.telemetry);
        SettingsReloaded { outcome: ReloadOutcome::Taken, detail: &detail }.emit();
    }
}

/// The keys whose values differ.
fn changed(before: &[Setting], after: &[Setting]) -> BTreeSet<String> {
    let values = |settings: &[Setting]| -> BTreeMap<String, Option<String>> {
        settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect()
    };
    let (before, after) = (values(before), values(after));
    let keys: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    keys.into_iter().filter(|key| before.get(key) != after.get(key)).collect()
}

/// What was taken of these, and what waits for a restart.
fn in_words(changed: &BTreeSet<String>) -> String {
    let is_taken = |key: &&String| *key == "profile" || *key == "telemetry.log" || key.starts_with("alarms.");
    let (taken, waiting): (Vec<_>, Vec<_>) = changed.iter().partition(is_taken);
    let list = |keys: &[&String]| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
    match (taken.is_empty(), waiting.is_empty()) {
        (true, true) => "nothing has changed".to_owned(),
        (false, true) => format!("in force: {}", list(&taken)),
        (true, false) => format!("needs a restart: {}", list(&waiting)),
        (false, false) => format!("in force: {}; needs a restart: {}", list(&taken), list(&waiting)),
    }
}

#[cfg(test)]
mod tests {
    use gemwatch::config::Origin;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Vec<Setting> {
        let setting = |(key, value): &(&str, &str)| Setting {
            key: (*key).to_owned(),
            value: Some((*value).to_owned()),
            origin: Origin::Defaults,
        };
        pairs.iter().map(setting).collect()
    }

    #[test]
    fn what_is_taken_and_what_waits_is_named() {
        let before = settings(&[("alarms.asystole_s", "4.0"), ("kafka.group", "\"a\""), ("telemetry.log", "\"info\"")]);
        let words = |after: &[(&str, &str)]| in_words(&changed(&before, &settings(after)));
        let same = [("alarms.asystole_s", "4.0"), ("kafka.group", "\"a\""), ("telemetry.log", "\"info\"")];
        assert_eq!(words(&same), "nothing has changed");
        assert_eq!(words(&[("alarms.asystole_s", "5.0"), same[1], same[2]]), "in force: alarms.asystole_s");
        assert_eq!(words(&[same[0], ("kafka.group", "\"b\""), same[2]]), "needs a restart: kafka.group");
        assert_eq!(words(&[same[0]]), "in force: telemetry.log; needs a restart: kafka.group");
    }
}
