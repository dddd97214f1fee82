"""The pipeline: what becomes of items between the callback and the outputs."""

from crawler.pipeline.flow import check_flow, flow_into
from crawler.pipeline.passed import Passed, failure
from crawler.pipeline.pipeline import Kind, Pipeline, Stage, line_names

__all__ = ["Kind", "Passed", "Pipeline", "Stage", "check_flow", "failure", "flow_into", "line_names"]
