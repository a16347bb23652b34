// Checks of a response: true or false each, counted in `checks`; a false one fails nothing.
//
// Every subject is looked at as text: a status as its digits, a time as its nanoseconds, a JSON
// string without quotes and escapes. Two texts that are both decimal numbers are compared as such.
// A subject that is not there fulfils only `exists: false`.

import HarnessCore
import ScenarioModel

/// What a condition looks at. Valid as long as its bytes are.
struct CheckSubject {
    var isPresent: Bool
    var bytes: UnsafeRawBufferPointer
    /// What `length` is; characters of the text if nil.
    var length: Int?

    static var absent: CheckSubject {
        CheckSubject(
            isPresent: false, bytes: UnsafeRawBufferPointer(start: nil, count: 0), length: nil)
    }

    /// Characters (Unicode scalars) of UTF-8 text: every byte that continues none.
    var count: Int { length ?? bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}

extension FlowMachine {
    func evaluate(_ request: CompiledRequest, _ ids: [Int], _ response: TransferResponse) {
        for i in request.checks.indices {
            let holds = self.holds(request.checks[i], response)
            if operandFailure != nil { return }
            let id = ids[i]
            checkOutcomes.append(CheckOutcome(check: id, holds: holds))
            context.count(isWarmup) { counters in
                if holds {
                    counters.checksPassed[id] += 1
                } else {
                    counters.checksFailed[id] += 1
                }
            }
        }
    }

    private func holds(_ check: CompiledCheck, _ response: TransferResponse) -> Bool {
        // The buffer is taken out while it is read, and put back with its memory.
        var text = subject
        subject = []
        defer { subject = text }
        text.removeAll(keepingCapacity: true)
        switch check.subject {
        case .statusIn(let set): return set.contains(response.status)
        case .status: return all(check.conditions, text: &text, Int64(response.status))
        case .time: return all(check.conditions, text: &text, response.duration.ns)
        case .header(let name):
            guard let value = HeaderLines.value(of: name, in: response.headers) else {
                return all(check.conditions, .absent)
            }
            return all(
                check.conditions, CheckSubject(isPresent: true, bytes: value, length: nil))
        case .body:
            return all(
                check.conditions,
                CheckSubject(isPresent: true, bytes: response.body, length: nil))
        case .json(let path): return holds(check, path, response.body, &text)
        }
    }

    private func all(
        _ conditions: [CompiledCondition], text: inout [UInt8], _ number: Int64
    ) -> Bool {
        ByteText.append(number, to: &text)
        return text.withUnsafeBytes {
            all(conditions, CheckSubject(isPresent: true, bytes: $0, length: nil))
        }
    }

    private func holds(
        _ check: CompiledCheck, _ path: CompiledPath, _ body: UnsafeRawBufferPointer,
        _ text: inout [UInt8]
    ) -> Bool {
        let scanner = JSONScanner(bytes: body)
        var length: Int?
        if path.hasWildcard, check.conditions.contains(where: { $0.op == .length }) {
            length = path.count(in: scanner)
        }
        guard let found = path.first(in: scanner) else {
            var nothing = CheckSubject.absent
            nothing.length = length
            return all(check.conditions, nothing)
        }
        switch found.kind {
        case .string:
            scanner.appendString(found.range, to: &text)
            return text.withUnsafeBytes {
                all(
                    check.conditions,
                    CheckSubject(isPresent: true, bytes: $0, length: length))
            }
        case .object, .array:
            length = length ?? scanner.childCount(of: found.range.lowerBound)
        case .number, .literal, .null: break
        }
        let bytes = UnsafeRawBufferPointer(rebasing: body[found.range])
        return all(
            check.conditions, CheckSubject(isPresent: true, bytes: bytes, length: length))
    }

    private func all(_ conditions: [CompiledCondition], _ subject: CheckSubject) -> Bool {
        for i in conditions.indices where !holds(conditions[i], subject) { return false }
        return true
    }

    private func holds(_ condition: CompiledCondition, _ subject: CheckSubject) -> Bool {
        switch condition.op {
        case .exists:
            // `exists: false` asks for absence; anything else for presence.
            let wantsAbsence = compare(condition) { operand in
                operand.elementsEqual("false".utf8)
            }
            return subject.isPresent != wantsAbsence
        case .length where subject.isPresent || subject.length != nil:
            return holds(length: subject.count, condition)
        case _ where !subject.isPresent: return false
        case .length: return false
        case .matches: return matches(condition.pattern, subject.bytes)
        case .equals, .in: return compare(condition) { isEqual(subject.bytes, $0) }
        case .notEquals: return !compare(condition) { isEqual(subject.bytes, $0) }
        case .contains: return compare(condition) { contains(subject.bytes, $0) }
        case .less: return order(condition, subject) { $0 < 0 }
        case .lessOrEqual: return order(condition, subject) { $0 <= 0 }
        case .greater: return order(condition, subject) { $0 > 0 }
        case .greaterOrEqual: return order(condition, subject) { $0 >= 0 }
        }
    }

    /// `length: 3`, or `length: {">": 2}`.
    private func holds(length: Int, _ condition: CompiledCondition) -> Bool {
        var text = numberText
        numberText = []
        defer { numberText = text }
        text.removeAll(keepingCapacity: true)
        ByteText.append(Int64(length), to: &text)
        return text.withUnsafeBytes { raw in
            let subject = CheckSubject(isPresent: true, bytes: raw, length: nil)
            let isEqual =
                condition.operands.isEmpty
                || compare(condition) { self.isEqual(raw, $0) }
            return isEqual && all(condition.nested, subject)
        }
    }

    /// Whether `test` holds for one of the operands.
    private func compare(
        _ condition: CompiledCondition, _ test: (UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        if let known = condition.constant { return known.withUnsafeBytes(test) }
        for text in condition.operands {
            if let known = text.constant {
                if known.withUnsafeBytes(test) { return true }
                continue
            }
            operand.removeAll(keepingCapacity: true)
            do throws(FlowFailure) {
                try render(text, into: &operand)
            } catch {
                operandFailure = error
                return false
            }
            if operand.withUnsafeBytes(test) { return true }
        }
        return false
    }

    private func order(
        _ condition: CompiledCondition, _ subject: CheckSubject, _ test: (Int) -> Bool
    ) -> Bool {
        guard let a = DecimalView(subject.bytes) else { return false }
        return compare(condition) { operand in
            guard let b = DecimalView(operand) else { return false }
            return test(DecimalView.compare(a, b))
        }
    }

    private func isEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        if ByteText.areEqual(a, b) { return true }
        guard let x = DecimalView(a), let y = DecimalView(b) else { return false }
        return DecimalView.compare(x, y) == 0
    }

    private func contains(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        for i in 0...(text.count - part.count) where text[i] == first {
            if ByteText.areEqual(UnsafeRawBufferPointer(rebasing: text[i..<i + part.count]), part) {
                return true
            }
        }
        return false
    }

    /// Unanchored, in the first `Limits.matchedBytes`. Patterns work on `String`, so this one
    /// allocates.
    private func matches(_ pattern: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        String(decoding: bytes.prefix(Limits.matchedBytes), as: UTF8.self).contains(
            context.patterns[pattern])
    }
}
