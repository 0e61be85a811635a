//! Compiles `proto/` to Rust, without needing `protoc` on the machine.

use std::error::Error;

const WAVEFORM: &str = "gemwatch/v1/waveform.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto/{WAVEFORM}");
    let descriptors = protox::compile([WAVEFORM], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
