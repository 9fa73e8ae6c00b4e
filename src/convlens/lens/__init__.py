"""The part that looks inside a trained model: what its kernels do on real images, and the maps that they make.

Looking inside is a function of a model and images; it changes neither, and draws nothing.
"""

from convlens.lens.kernels import KernelFacts, LayerKernels, describe_kernels, examine_kernels
from convlens.lens.maps import LayerMaps, look_through

__all__ = ["KernelFacts", "LayerKernels", "LayerMaps", "describe_kernels", "examine_kernels", "look_through"]
