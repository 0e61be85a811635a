//! One ONNX graph with its session: opened with the same settings, checked against the manifest, run with context.

use ndarray::{Array, ArrayD, Dimension, IntoDimension};
use ort::{
    session::{Session, builder::GraphOptimizationLevel},
    value::{Outlet, PrimitiveTensorElementType, Tensor, TensorElementType},
};

use super::{error::GemError, package::Package, reader::ReaderOptions, runtime::Runtime};

/// A dimension that the manifest does not fix.
pub(super) const ANY: i64 = -1;

/// A graph of a package.
pub(super) struct Graph {
    pub(super) name: &'static str,
    pub(super) session: Session,
}

impl Graph {
    /// Makes the session of `<name>.onnx`.
    pub(super) fn open(
        name: &'static str,
        package: &Package,
        runtime: &Runtime,
        options: ReaderOptions,
    ) -> Result<Graph, GemError> {
        let open = || -> Result<Session, ort::Error> {
            Session::builder(runtime.environment())?
                .with_execution_providers(options.device.providers())?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(options.intra_threads)?
                .with_inter_threads(1)?
                // Idle threads that spin would take the cores from the alarm path.
                .with_intra_op_spinning(false)?
                .with_deterministic_compute(true)?
                .commit_from_file(package.file(&format!("{name}.onnx")))
        };
        Ok(Graph { name, session: open().map_err(|source| GemError::Open { graph: name, source })? })
    }

    /// Checks that an input has this type and shape; [`ANY`] fits every dimension.
    pub(super) fn expect_input<T: PrimitiveTensorElementType>(
        &self,
        input: &str,
        shape: &[i64],
    ) -> Result<(), GemError> {
        self.expect("input", self.session.inputs(), input, T::into_tensor_element_type(), shape)
    }

    /// Checks that an output is f32 of this shape.
    pub(super) fn expect_output(&self, output: &str, shape: &[i64]) -> Result<(), GemError> {
        self.expect("output", self.session.outputs(), output, TensorElementType::Float32, shape)
    }

    /// Checks that an input and an output have this type and shape, so that one buffer can be both.
    pub(super) fn expect_pair(
        &self,
        (input, output): (&str, &str),
        element: TensorElementType,
        shape: &[i64],
    ) -> Result<(), GemError> {
        self.expect("input", self.session.inputs(), input, element, shape)?;
        self.expect("output", self.session.outputs(), output, element, shape)
    }

    fn expect(
        &self,
        side: &str,
        outlets: &[Outlet],
        name: &str,
        element: TensorElementType,
        shape: &[i64],
    ) -> Result<(), GemError> {
        let wrong = |what| GemError::Graph { graph: self.name, what };
        let outlet = outlets
            .iter()
            .find(|outlet| outlet.name() == name)
            .ok_or_else(|| wrong(format!("it has no {side} {name}")))?;
        let fits = outlet.dtype().tensor_type() == Some(element)
            && outlet.dtype().tensor_shape().is_some_and(|found| {
                found.len() == shape.len()
                    && found.iter().zip(shape).all(|(found, wanted)| *found < 0 || *wanted == ANY || found == wanted)
            });
        if fits { Ok(()) } else { Err(wrong(format!("{side} {name} is {}, not {element} {shape:?}", outlet.dtype()))) }
    }

    /// Runs the graph on one array and gives one output, whose shape must be `shape`.
    pub(super) fn run<T, D, S>(
        &mut self,
        (input, array): (&'static str, Array<T, D>),
        (output, shape): (&'static str, S),
    ) -> Result<Array<f32, S::Dim>, GemError>
    where
        T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
        D: Dimension + 'static,
        S: IntoDimension,
    {
        let graph = self.name;
        let tensor =
            Tensor::from_array(array).map_err(|source| GemError::Tensor { graph, tensor: input.to_owned(), source })?;
        let failed = |source| GemError::Run { graph, source };
        let outputs = self.session.run(ort::inputs![input => tensor]).map_err(failed)?;
        let values: ArrayD<f32> = outputs
            .get(output)
            .ok_or_else(|| GemError::Graph { graph, what: format!("it gave no output {output}") })?
            .try_extract_array::<f32>()
            .map_err(failed)?
            .to_owned();
        let shape = shape.into_dimension();
        if values.shape() == shape.slice() {
            Ok(values.into_dimensionality().expect("the shape was compared just now (this is a bug)"))
        } else {
            let (found, expected) = (values.shape().to_vec(), shape.slice().to_vec());
            Err(GemError::Output { graph, output, found, expected })
        }
    }
}
