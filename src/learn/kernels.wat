;; The hot loops of learning and answering. Every pointer is a byte offset into the one imported memory; `width` counts
;; columns of a weight row and is a multiple of 8. kernels.ts holds the same loops in plain TypeScript.
(module
  (import "env" "memory" (memory 1))

  ;; out[k] = sum over j of values[j] * weights[indices[j] * width + k]
  (func (export "sumRows")
    (param $indices i32) (param $values i32) (param $count i32) (param $weights i32) (param $width i32) (param $out i32)
    (local $rowBytes i32) (local $column i32) (local $j i32) (local $row i32) (local $value v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $rowBytes (i32.shl (local.get $width) (i32.const 2)))
    (block $wideDone
      (loop $wide
        (br_if $wideDone (i32.gt_u (i32.add (local.get $column) (i32.const 64)) (local.get $rowBytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (local.set $j (i32.const 0))
        (block $rowsDone
          (loop $rows
            (br_if $rowsDone (i32.ge_u (local.get $j) (local.get $count)))
            (local.set $row (i32.add (i32.add (local.get $weights) (local.get $column))
              (i32.mul (local.get $rowBytes) (i32.load (i32.add (local.get $indices) (i32.shl (local.get $j) (i32.const 2)))))))
            (local.set $value (v128.load32_splat (i32.add (local.get $values) (i32.shl (local.get $j) (i32.const 2)))))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $value) (v128.load (local.get $row)))))
            (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $value) (v128.load offset=16 (local.get $row)))))
            (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $value) (v128.load offset=32 (local.get $row)))))
            (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $value) (v128.load offset=48 (local.get $row)))))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br $rows)))
        (v128.store (i32.add (local.get $out) (local.get $column)) (local.get $a))
        (v128.store offset=16 (i32.add (local.get $out) (local.get $column)) (local.get $b))
        (v128.store offset=32 (i32.add (local.get $out) (local.get $column)) (local.get $c))
        (v128.store offset=48 (i32.add (local.get $out) (local.get $column)) (local.get $d))
        (local.set $column (i32.add (local.get $column) (i32.const 64)))
        (br $wide)))
    (block $narrowDone
      (loop $narrow
        (br_if $narrowDone (i32.ge_u (local.get $column) (local.get $rowBytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $j (i32.const 0))
        (block $rowsDone
          (loop $rows
            (br_if $rowsDone (i32.ge_u (local.get $j) (local.get $count)))
            (local.set $row (i32.add (i32.add (local.get $weights) (local.get $column))
              (i32.mul (local.get $rowBytes) (i32.load (i32.add (local.get $indices) (i32.shl (local.get $j) (i32.const 2)))))))
            (local.set $value (v128.load32_splat (i32.add (local.get $values) (i32.shl (local.get $j) (i32.const 2)))))
            (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $value) (v128.load (local.get $row)))))
            (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $value) (v128.load offset=16 (local.get $row)))))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br $rows)))
        (v128.store (i32.add (local.get $out) (local.get $column)) (local.get $a))
        (v128.store offset=16 (i32.add (local.get $out) (local.get $column)) (local.get $b))
        (local.set $column (i32.add (local.get $column) (i32.const 32)))
        (br $narrow))))

  ;; weights[indices[j] * width + k] += values[j] * vector[k]
  (func (export "addToRows")
    (param $indices i32) (param $values i32) (param $count i32) (param $weights i32) (param $width i32) (param $vector i32)
    (local $rowBytes i32) (local $column i32) (local $j i32) (local $row i32) (local $value v128)
    (local.set $rowBytes (i32.shl (local.get $width) (i32.const 2)))
    (block $rowsDone
      (loop $rows
        (br_if $rowsDone (i32.ge_u (local.get $j) (local.get $count)))
        (local.set $row (i32.add (local.get $weights)
          (i32.mul (local.get $rowBytes) (i32.load (i32.add (local.get $indices) (i32.shl (local.get $j) (i32.const 2)))))))
        (local.set $value (v128.load32_splat (i32.add (local.get $values) (i32.shl (local.get $j) (i32.const 2)))))
        (local.set $column (i32.const 0))
        (loop $columns
          (v128.store (i32.add (local.get $row) (local.get $column))
            (f32x4.add (v128.load (i32.add (local.get $row) (local.get $column)))
              (f32x4.mul (local.get $value) (v128.load (i32.add (local.get $vector) (local.get $column))))))
          (v128.store offset=16 (i32.add (local.get $row) (local.get $column))
            (f32x4.add (v128.load offset=16 (i32.add (local.get $row) (local.get $column)))
              (f32x4.mul (local.get $value) (v128.load offset=16 (i32.add (local.get $vector) (local.get $column))))))
          (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 32))) (local.get $rowBytes))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $rows))))

  ;; out[j] = sum over k of weights[indices[j] * width + k] * vector[k]
  (func (export "dotRows")
    (param $indices i32) (param $count i32) (param $weights i32) (param $width i32) (param $vector i32) (param $out i32)
    (local $rowBytes i32) (local $column i32) (local $j i32) (local $row i32) (local $a v128) (local $b v128)
    (local.set $rowBytes (i32.shl (local.get $width) (i32.const 2)))
    (block $rowsDone
      (loop $rows
        (br_if $rowsDone (i32.ge_u (local.get $j) (local.get $count)))
        (local.set $row (i32.add (local.get $weights)
          (i32.mul (local.get $rowBytes) (i32.load (i32.add (local.get $indices) (i32.shl (local.get $j) (i32.const 2)))))))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $column (i32.const 0))
        (loop $columns
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (v128.load (i32.add (local.get $row) (local.get $column)))
              (v128.load (i32.add (local.get $vector) (local.get $column))))))
          (local.set $b (f32x4.add (local.get $b)
            (f32x4.mul (v128.load offset=16 (i32.add (local.get $row) (local.get $column)))
              (v128.load offset=16 (i32.add (local.get $vector) (local.get $column))))))
          (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 32))) (local.get $rowBytes))))
        (local.set $a (f32x4.add (local.get $a) (local.get $b)))
        (f32.store (i32.add (local.get $out) (i32.shl (local.get $j) (i32.const 2)))
          (f32.add
            (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
            (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $rows))))

  ;; out[k] = sum over j of values[j] * scales[indices[j]] * bytes[indices[j] * width + k], bytes being signed
  (func (export "sumByteRows")
    (param $indices i32) (param $values i32) (param $count i32) (param $bytes i32) (param $scales i32) (param $width i32) (param $out i32)
    (local $column i32) (local $j i32) (local $index i32) (local $value v128) (local $a v128) (local $b v128) (local $eight v128)
    (loop $columns
      (local.set $a (v128.const f32x4 0 0 0 0))
      (local.set $b (v128.const f32x4 0 0 0 0))
      (local.set $j (i32.const 0))
      (block $rowsDone
        (loop $rows
          (br_if $rowsDone (i32.ge_u (local.get $j) (local.get $count)))
          (local.set $index (i32.load (i32.add (local.get $indices) (i32.shl (local.get $j) (i32.const 2)))))
          (local.set $value (f32x4.splat (f32.mul
            (f32.load (i32.add (local.get $values) (i32.shl (local.get $j) (i32.const 2))))
            (f32.load (i32.add (local.get $scales) (i32.shl (local.get $index) (i32.const 2)))))))
          (local.set $eight (v128.load8x8_s (i32.add (i32.add (local.get $bytes) (local.get $column))
            (i32.mul (local.get $width) (local.get $index)))))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $value)
            (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $eight))))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $value)
            (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $eight))))))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br $rows)))
      (v128.store (i32.add (local.get $out) (i32.shl (local.get $column) (i32.const 2))) (local.get $a))
      (v128.store offset=16 (i32.add (local.get $out) (i32.shl (local.get $column) (i32.const 2))) (local.get $b))
      (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 8))) (local.get $width)))))

  ;; out[i] = sum over k of bytes[i * width + k] * query[k], bytes being signed, query 16-bit integers, width a multiple of 16
  (func (export "dotBytes")
    (param $bytes i32) (param $rows i32) (param $width i32) (param $query i32) (param $out i32)
    (local $column i32) (local $sixteen v128) (local $a v128)
    (block $rowsDone
      (loop $eachRow
        (br_if $rowsDone (i32.eqz (local.get $rows)))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $column (i32.const 0))
        (loop $columns
          (local.set $sixteen (v128.load (i32.add (local.get $bytes) (local.get $column))))
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
            (i16x8.extend_low_i8x16_s (local.get $sixteen))
            (v128.load (i32.add (local.get $query) (i32.shl (local.get $column) (i32.const 1)))))))
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
            (i16x8.extend_high_i8x16_s (local.get $sixteen))
            (v128.load offset=16 (i32.add (local.get $query) (i32.shl (local.get $column) (i32.const 1)))))))
          (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 16))) (local.get $width))))
        (i32.store (local.get $out)
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a)))
            (i32.add (i32x4.extract_lane 2 (local.get $a)) (i32x4.extract_lane 3 (local.get $a)))))
        (local.set $bytes (i32.add (local.get $bytes) (local.get $width)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $eachRow)))))
