//! Tensors that stay with a session from run to run, and caches that are read and written in place.
//!
//! The one module with unsafe code, but for the exit of the process (`runtime/exit.rs`). ONNX Runtime can do two things that
//! `ort` does not offer, and both are needed to decode many texts at once: a tensor that is a part of another one, so that
//! the prompt of one text goes straight into its slot of the cache; and outputs that are bound once, without a list of outputs being made at each run.
//!
//! Why it is sound: every tensor here is made by ONNX Runtime, which counts its references, so a binding keeps what it was
//! given. A part of a cache does not keep the cache, so the binding does. Nobody reads a cache in Rust, and a
//! [`BoundTensor`] can be read or written only between runs, since a run borrows nothing that outlives it.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, CString},
    ops::Range,
    ptr::{self, NonNull},
    sync::Arc,
};

use ort::{
    AsPointer as _,
    memory::Allocator,
    session::{IoBinding, Session},
    sys::OrtValue,
    value::{DynTensor, PrimitiveTensorElementType, TensorElementType},
};

/// A tensor that can be bound and whose memory ONNX Runtime owns.
pub(super) struct BoundTensor(DynTensor);

impl BoundTensor {
    /// A new tensor where the allocator says; zeros if that is memory of the processor.
    pub(super) fn new(
        allocator: &Allocator,
        element: TensorElementType,
        shape: &[usize],
    ) -> Result<BoundTensor, ort::Error> {
        DynTensor::new(allocator, element, shape.to_vec()).map(BoundTensor)
    }

    /// What is in it. An error for another type or for memory of another device.
    pub(super) fn values<T: PrimitiveTensorElementType>(&self) -> Result<&[T], ort::Error> {
        Ok(self.0.try_extract_tensor()?.1)
    }

    /// What is in it, to be changed.
    pub(super) fn values_mut<T: PrimitiveTensorElementType>(&mut self) -> Result<&mut [T], ort::Error> {
        Ok(self.0.try_extract_tensor_mut()?.1)
    }
}

/// Keys and values of several texts: tensors of the shape (slots, heads, positions, head width), so that each slot is one
/// piece of memory.
pub(super) struct SlotCache {
    tensors: Vec<DynTensor>,
    element: TensorElementType,
    shape: [usize; 4],
}

impl SlotCache {
    /// So many tensors of this shape.
    pub(super) fn new(
        allocator: &Allocator,
        element: TensorElementType,
        shape: [usize; 4],
        tensors: usize,
    ) -> Result<SlotCache, ort::Error> {
        let tensors = (0..tensors).map(|_| DynTensor::new(allocator, element, shape)).collect::<Result<_, _>>()?;
        Ok(SlotCache { tensors, element, shape })
    }

    /// The slots of one of the tensors as a tensor of their own.
    fn part(&self, tensor: usize, slots: &Range<usize>) -> Result<Part, ort::Error> {
        let [all, heads, positions, width] = self.shape;
        assert!(slots.start < slots.end && slots.end <= all, "slots {slots:?} of {all} (this is a bug)");
        let slot_bytes = self.element.byte_size(heads * positions * width).expect("not text (this is a bug)");
        let shape = [slots.len(), heads, positions, width].map(|size| size as i64);
        let tensor = &self.tensors[tensor];
        let mut value = ptr::null_mut();
        // SAFETY: the part lies within the tensor, as was asserted, and the type is the tensor's own. ONNX Runtime does
        // not take the memory over; `Binding::cache` keeps it alive for as long as the part is bound.
        let status = unsafe {
            let start = tensor.data_ptr().cast_mut().cast::<u8>().add(slots.start * slot_bytes);
            (ort::api().CreateTensorWithDataAsOrtValue)(
                tensor.memory_info().ptr(),
                start.cast(),
                slots.len() * slot_bytes,
                shape.as_ptr(),
                shape.len(),
                self.element.into(),
                &raw mut value,
            )
        };
        // SAFETY: a status is to be looked at once, which is here.
        unsafe { ort::Error::result_from_status(status)? };
        Ok(Part(NonNull::new(value).expect("ONNX Runtime gives a value or an error (this is a bug)")))
    }
}

/// A value that ONNX Runtime made for us.
struct Part(NonNull<OrtValue>);

impl Drop for Part {
    fn drop(&mut self) {
        // SAFETY: it was made by ONNX Runtime, is released once, and bindings hold references of their own.
        unsafe { (ort::api().ReleaseValue)(self.0.as_ptr()) };
    }
}

/// The inputs and outputs of a session, bound to tensors.
pub(super) struct Binding {
    io: IoBinding,
    /// What the bound parts are parts of.
    cache: Option<Arc<SlotCache>>,
}

impl Binding {
    /// Nothing bound yet.
    pub(super) fn new(session: &Session) -> Result<Binding, ort::Error> {
        Ok(Binding { io: session.create_binding()?, cache: None })
    }

    /// Binds an input. A tensor in memory of the processor is copied now if the session wants it elsewhere, so it must be
    /// bound again when its values have changed.
    pub(super) fn input(&mut self, name: &CStr, tensor: &BoundTensor) -> Result<(), ort::Error> {
        self.bind_input(name, tensor.0.ptr())
    }

    /// Binds an output.
    pub(super) fn output(&mut self, name: &CStr, tensor: &BoundTensor) -> Result<(), ort::Error> {
        self.bind_output(name, tensor.0.ptr())
    }

    /// Binds the tensors of a cache, each under its two names as input and as output, so that they are changed in place.
    /// The rows of the batch are these slots.
    pub(super) fn cache(
        &mut self,
        names: &[(CString, CString)],
        cache: &Arc<SlotCache>,
        slots: &Range<usize>,
    ) -> Result<(), ort::Error> {
        assert_eq!(names.len(), cache.tensors.len(), "two names a tensor (this is a bug)");
        let bound = names.iter().enumerate().try_for_each(|(index, (past, present))| {
            let part = cache.part(index, slots)?;
            self.bind_input(past, part.0.as_ptr())?;
            self.bind_output(present, part.0.as_ptr())
        });
        if bound.is_err() {
            // Half of it may be parts of the earlier cache, half of this one: nothing is left bound.
            self.io.clear();
        }
        self.cache = Some(Arc::clone(cache));
        bound
    }

    /// Runs the session on what is bound.
    pub(super) fn run(&mut self, session: &mut Session) -> Result<(), ort::Error> {
        // `ort` knows of no outputs here, so it collects none.
        session.run_binding(&self.io).map(drop)
    }

    fn bind_input(&mut self, name: &CStr, value: *const OrtValue) -> Result<(), ort::Error> {
        // SAFETY: the pointers are valid during the call, and the binding takes a reference to the value.
        unsafe { ort::Error::result_from_status((ort::api().BindInput)(self.io.ptr_mut(), name.as_ptr(), value)) }
    }

    fn bind_output(&mut self, name: &CStr, value: *const OrtValue) -> Result<(), ort::Error> {
        // SAFETY: as for inputs.
        unsafe { ort::Error::result_from_status((ort::api().BindOutput)(self.io.ptr_mut(), name.as_ptr(), value)) }
    }
}
