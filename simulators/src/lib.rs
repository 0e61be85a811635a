//! Bedside monitors that feed gemwatch.
