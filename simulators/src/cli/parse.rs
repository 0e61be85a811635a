//! Values on the command line.
//!
//! In: what was typed. Out: the value, or what to give instead.

use std::time::Duration;

use simulators::feed::Speed;

/// A number above 0, or `max`.
pub(super) fn parse_speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
        _ => Err("give a number above 0, or max".into()),
    }
}

/// A count an hour.
pub(super) fn parse_per_hour(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(count) if (0.0..=3600.0).contains(&count) => Ok(count),
        _ => Err("give 0 to 3600".into()),
    }
}

/// A length of time such as `60s` or `5m`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<jiff::SignedDuration>().map_err(|error| error.to_string())?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("give more than 0 s".into()),
    }
}

/// `key=value`.
pub(super) fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("give key=value")?;
    Ok((key.trim().into(), value.into()))
}
