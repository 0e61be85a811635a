//! What the sessions run on.
//!
//! In goes the configured device, out come the execution providers of ONNX Runtime. Which provider is there is a property
//! of the loaded library; whether it works shows when a session is made.

use std::fmt;

use ort::{
    ep::{ArenaExtendStrategy, CPU, CUDA, ExecutionProvider as _, ExecutionProviderDispatch},
    memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType},
    session::Session,
};

use super::error::GemError;

/// What the sessions run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first CUDA device if there is one that works, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA device of this number.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl Device {
    /// The providers that a session is to use, in the order of preference. A session is refused if the first cannot be used.
    pub(super) fn providers(self) -> Vec<ExecutionProviderDispatch> {
        match self {
            // Named, because `ort` otherwise asks ONNX Runtime to choose a device itself.
            Device::Auto | Device::Cpu => vec![CPU::default().build()],
            Device::Cuda(number) => {
                let cuda = CUDA::default()
                    .with_device_id(number as i32)
                    // By default each request for memory is rounded up to a power of two, which a large cache need not be.
                    .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
                    // What is to be computed in 32 bits is, as on the processor.
                    .with_tf32(false);
                vec![cuda.build().error_on_failure(), CPU::default().build()]
            }
        }
    }

    /// Where tensors lie that stay with a session.
    pub(super) fn allocator(self, session: &Session) -> Result<Allocator, ort::Error> {
        match self {
            Device::Auto | Device::Cpu => Ok(Allocator::default()),
            Device::Cuda(number) => {
                let device = AllocationDevice::CUDA;
                Allocator::new(
                    session,
                    MemoryInfo::new(device, number as i32, AllocatorType::Device, MemoryType::Default)?,
                )
            }
        }
    }

    /// Why the library cannot serve this device at all, if it cannot.
    pub(super) fn absence(self) -> Option<String> {
        if !matches!(self, Device::Cuda(_)) || CUDA::is_available().unwrap_or(false) {
            return None;
        }
        Some(format!("this build of ONNX Runtime has no {}: it comes with onnxruntime-gpu", CUDA::NAME))
    }
}

/// Opens a model on the configured device. With [`Device::Auto`] a device that does not work is said, and the processor
/// takes its place.
pub(super) fn first_that_works<T>(device: Device, open: impl Fn(Device) -> Result<T, GemError>) -> Result<T, GemError> {
    let on = |device: Device| match device.absence() {
        Some(reason) => Err(GemError::Device { device, reason }),
        None => open(device),
    };
    if device != Device::Auto {
        return on(device);
    }
    on(Device::Cuda(0)).or_else(|error| {
        tracing::warn!(reason = &error as &dyn std::error::Error, "no CUDA: the model runs on the processor");
        open(Device::Cpu)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem::runtime;

    #[test]
    fn a_device_that_is_demanded_is_used_or_the_error_says_why_not_and_auto_goes_on() {
        let runtime = runtime::load(None).unwrap();
        let works = |device| Ok(device);
        assert_eq!(first_that_works(Device::Cpu, works).unwrap(), Device::Cpu);
        if Device::Cuda(0).absence().is_some() {
            let error = first_that_works(Device::Cuda(1), works).unwrap_err().to_string();
            assert!(error.contains("cuda:1") && error.contains("CUDAExecutionProvider"), "{runtime}: {error}");
            assert_eq!(first_that_works(Device::Auto, works).unwrap(), Device::Cpu);
        }
        let broken = |device| match device {
            Device::Cpu => Ok(device),
            _ => Err(GemError::Device { device, reason: "no driver".to_owned() }),
        };
        assert_eq!(first_that_works(Device::Auto, broken).unwrap(), Device::Cpu);
    }
}
