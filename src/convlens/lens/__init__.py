"""Looks inside a trained model: finds dead and duplicate kernels, and computes the feature maps of images.

Its functions change neither the model nor the images, and draw nothing.
"""

from convlens.lens.kernels import KernelFacts, LayerKernels, describe_kernels, examine_kernels
from convlens.lens.maps import LayerMaps, look_through

__all__ = ["KernelFacts", "LayerKernels", "LayerMaps", "describe_kernels", "examine_kernels", "look_through"]
