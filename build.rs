//! Compiles `proto/` to Rust, without needing `protoc` on the machine.

use std::error::Error;

const FILES: [&str; 2] = ["gemwatch/v1/waveform.proto", "gemwatch/v1/reading_request.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo::rerun-if-changed=proto/{file}");
    }
    let descriptors = protox::compile(FILES, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
