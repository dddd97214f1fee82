"""The pipeline: what becomes of items between the callback and the outputs."""

from crawler.pipeline.flow import check_flow, flow_into
from crawler.pipeline.passed import Passed, failure
from crawler.pipeline.pipeline import Kind, Pipeline, Stage, name_of

__all__ = ["Kind", "Passed", "Pipeline", "Stage", "check_flow", "failure", "flow_into", "name_of"]
