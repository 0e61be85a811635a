//! The release of ONNX Runtime that is fetched where none is installed: one wheel a platform, each with its SHA-256.
//!
//! The wheels are those of the Python package `onnxruntime` on the Python package index. Any interpreter's wheel holds
//! the same library, so one interpreter version is pinned. Whoever raises [`VERSION`] renews all digests.

/// The release.
pub(super) const VERSION: &str = "1.32.0";
/// The interpreter whose wheel is taken, as `pip download --python-version` wants it.
pub(super) const PYTHON_VERSION: &str = "3.13";

/// One wheel.
#[derive(Debug)]
pub(super) struct Wheel {
    /// As the index names it.
    pub file_name: &'static str,
    /// As `pip download --platform` wants it.
    pub platform: &'static str,
    /// Of the wheel, in hexadecimal.
    pub sha256: &'static str,
    /// The library inside of the wheel.
    pub member: &'static str,
}

const LINUX_X86_64: Wheel = Wheel {
    file_name: "onnxruntime-1.32.0-cp313-cp313-manylinux_2_28_x86_64.whl",
    platform: "manylinux_2_28_x86_64",
    sha256: "02ea12a28c069ea8510093d95a7f6ff8126bfd9fc5c0d3381c03b80fb2b424ba",
    member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
};

const LINUX_AARCH64: Wheel = Wheel {
    file_name: "onnxruntime-1.32.0-cp313-cp313-manylinux_2_28_aarch64.whl",
    platform: "manylinux_2_28_aarch64",
    sha256: "54d02baff2df38777b4c3cc7af326406fe8b8a48f54720f4c446d2d327920a79",
    member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
};

const MACOS_ARM64: Wheel = Wheel {
    file_name: "onnxruntime-1.32.0-cp313-cp313-macosx_14_0_arm64.whl",
    platform: "macosx_14_0_arm64",
    sha256: "27bf5dad46355a8a435c9c4e1556464d99ca834ea44e0f452909712068b8821b",
    member: "onnxruntime/capi/libonnxruntime.1.32.0.dylib",
};

impl Wheel {
    /// The wheel for the platform this program was built for, if there is one.
    pub(super) fn for_this_platform() -> Option<&'static Wheel> {
        if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
            Some(&LINUX_X86_64)
        } else if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "aarch64")) {
            Some(&LINUX_AARCH64)
        } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
            Some(&MACOS_ARM64)
        } else {
            None
        }
    }

    /// The name of the library file alone.
    pub(super) fn library(&self) -> &'static str {
        self.member.rsplit('/').next().unwrap_or(self.member)
    }
}

/// What the library file is called on this platform, for messages.
pub(super) fn library_pattern() -> &'static str {
    if cfg!(target_os = "macos") {
        "onnxruntime/capi/libonnxruntime.1.*.dylib"
    } else {
        "onnxruntime/capi/libonnxruntime.so.1.*"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_is_of_the_pinned_release() {
        for wheel in [&LINUX_X86_64, &LINUX_AARCH64, &MACOS_ARM64] {
            assert!(wheel.file_name.starts_with(&format!("onnxruntime-{VERSION}-cp313-")), "{wheel:?}");
            assert!(wheel.file_name.contains(wheel.platform), "{wheel:?}");
            assert!(wheel.library().contains(VERSION), "{wheel:?}");
            assert_eq!(wheel.sha256.len(), 64);
        }
    }
}
