"""Tests of onet_pipeline; the folders mirror its rooms."""
