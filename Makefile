# Thin names for ./dev, which does the work and also runs where there is no make.
.PHONY: demo test setup lint types cargo bench kernels

demo test setup lint types cargo bench kernels:
	@./dev $@
