//! Where alerts and vitals go.
